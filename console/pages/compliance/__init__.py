"""Who answers to customers and the regulator: the trail, people's requests, opt-outs, numbers, roles."""
