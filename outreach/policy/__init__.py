"""Who may be contacted: one class a rule. Whoever too little is known of is left alone."""
