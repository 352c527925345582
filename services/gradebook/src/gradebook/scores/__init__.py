"""Score sheets: their columns, their cells, and every change that a cell ever had."""
