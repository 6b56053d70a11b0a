# The run ends and leaves everything for a later one.
owned
rm -f "$state/owner"
