"""The gradebook: classes, who teaches what, and scores (sổ theo dõi và đánh giá học sinh)."""
