"""Google Cloud Monitoring: incidents of alerting policies."""
