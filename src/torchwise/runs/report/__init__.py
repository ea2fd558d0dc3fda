"""The report of a run: numbers (report.json) first, one offline page (report.html) drawn from them alone."""
