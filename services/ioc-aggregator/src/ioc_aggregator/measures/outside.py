"""Families of what other systems own, and of payments around the fees.

In a report the first dimension is a place: a school, or a unit whose own figure it is.
"""

from contracts.invoices import (
    EinvoiceIssued,
    PaymentUnmatched,
    ServiceSubscribed,
    SubsidyComputed,
)
from contracts.reports import AdoptionReported, PopulationReported, StaffReported
from ioc_aggregator.measures.cells import Family

ADOPTIONS = Family(
    name="adoptions",
    dims=("school", "school_year", "system"),
    columns=("items", "users", "out_of"),
    events=(AdoptionReported,),
)
"""What a place has or uses, as it was last reported for the school year."""

STAFF = Family(
    name="staff",
    dims=("school", "school_year", "role", "subject"),
    columns=("staff", "women", "qualified", "certified", "norm"),
    events=(StaffReported,),
)
"""Staff, and how many there should be; subject is empty where it is not told apart."""

POPULATION = Family(
    name="population",
    dims=("school", "school_year", "age"),
    columns=("persons",),
    events=(PopulationReported,),
)
"""Persons who live in a unit, by age."""

SERVICES = Family(
    name="services",
    dims=("school", "school_year", "grade", "fee_kind"),
    columns=("pupils",),
    events=(ServiceSubscribed,),
)
"""Pupils registered for a service of the school."""

SUBSIDIES = Family(
    name="subsidies",
    dims=("school", "school_year", "grade"),
    columns=("amount", "pupils"),
    events=(SubsidyComputed,),
)
"""What the State pays of tuition, in đồng, and for how many pupils."""

UNMATCHED = Family(
    name="unmatched",
    dims=("school", "school_year", "method", "day"),
    columns=("amount", "payments"),
    events=(PaymentUnmatched,),
)
"""Money that no charge answers to, by the day on which it came."""

EINVOICES = Family(
    name="einvoices",
    dims=("school", "school_year", "status"),
    columns=("invoices",),
    events=(EinvoiceIssued,),
)
"""E-invoices by what became of them."""

ALL = (ADOPTIONS, STAFF, POPULATION, SERVICES, SUBSIDIES, UNMATCHED, EINVOICES)
