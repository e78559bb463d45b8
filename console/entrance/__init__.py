"""How people come in: who they are, their sessions, and what every request is checked for."""
