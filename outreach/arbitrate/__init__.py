"""Who is contacted tonight."""
