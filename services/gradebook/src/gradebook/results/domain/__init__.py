"""The law of assessment as functions: the same for the service, its page and `./edu law`.

Marks and averages are integer tenths (8.3 = 83), as the law writes them; no float is ever made.
None is "no result yet", never a guess.
"""
