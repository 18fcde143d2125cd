"""Measurements as ratios within one run: stock Rasa beside ours, a bare socket beside ours."""
