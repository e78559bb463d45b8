"""Who is contacted: policy, arbitration, masks, the vault, the release, and the channels."""
