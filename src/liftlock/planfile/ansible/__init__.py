"""Ansible inventories as people have them: INI, YAML, folders, group_vars and host_vars, `ansible-inventory --list`."""
