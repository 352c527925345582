"""Who becomes a guardian, and who no longer is."""

from chassis.guardianships import keeping_guardianships
from gradebook.guardians.tables import Guardianship

handlers = keeping_guardianships(Guardianship)
