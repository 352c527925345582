"""What follows from a pupil's marks by law: results, titles, promotion, completion."""
