"""New Relic: the issues of workflows, and the incidents of the notification channels before them."""
