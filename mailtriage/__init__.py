"""The assembled program: command line, settings, the pipeline, workers and the demo."""
