"""The pure part of merchants: metrics, score, measures, course."""
