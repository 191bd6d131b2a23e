"""Readiness: would a page reach somebody, if one had to go out now?"""
