"""Where the slices meet: who sits where (classes) decides what each sheet waits for (scores).

Two ways lead here, a person's command and a fact of enrolment; each is one transaction. This is the
only room that calls the commands of others.
"""
