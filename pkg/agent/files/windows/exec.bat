@echo off
rem Runs the command that the platform's scheduler sends: confd has written it to
rem log\cmd.info as "id:command", and starts this (reload_cmd of cmd.info.toml).
rem Its output goes to log\app.log, a line at its start and end to log\cmd.log.
"%~dp0confd.exe" -exec
