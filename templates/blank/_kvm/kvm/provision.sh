#!/bin/sh
# Puts what the app needs on a fresh instance. Safe to run again.
set -eu

# Install your program here, and see that the system does not start it by
# itself: the scheduler does, with the configuration of its cluster.
echo "nothing to install yet"
