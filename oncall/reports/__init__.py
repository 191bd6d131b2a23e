"""Reports about being on call: what is uncovered, who carries how much, and hours for pay."""
