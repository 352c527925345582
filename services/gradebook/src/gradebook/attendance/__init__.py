"""Attendance (điểm danh): roll-calls by people and by devices, and a year's absences."""
