"""What a rule or a strategy would do, before it does it: counted on the customers of the last night."""
