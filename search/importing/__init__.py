"""Earlier searches, by this project or another, as history of a study."""
