"""What a run is: its keys (schema), where their values come from (load) and how they are written (document)."""
