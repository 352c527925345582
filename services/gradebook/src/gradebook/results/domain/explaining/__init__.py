"""Why a result is what it is: the arithmetic, the condition that decided, the article."""
