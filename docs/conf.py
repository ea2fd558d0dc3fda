"""The documentation: Markdown pages in English and Chinese, built by `make docs`."""

project = "torchwise"
copyright = "The torchwise developers"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "torchwise"
exclude_patterns = ["_build"]
