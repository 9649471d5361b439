"""What can only be seen on a user's Citus cluster: `make test-citus`."""
