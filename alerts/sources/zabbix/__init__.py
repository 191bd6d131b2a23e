"""Zabbix, through the media type that stands beside this as a file to import."""
