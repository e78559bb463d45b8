"""When the steps run: six DAGs that carry one business date from the bank's extracts to the readout."""
