@echo off
rem Installs the agent where the platform expects it. The service is registered
rem for a manual start and not started: the platform starts it once it has
rem written confd\confd.toml. A second run changes nothing; a failed step ends it.
setlocal
set "home=C:\Program Files (x86)\QingCloud\App Agent"
set "service=QingCloud_App_Agent"
set "task=QingCloud App Agent log rotation"

net session >nul 2>&1
if errorlevel 1 (
	echo install.bat: run it as an administrator 1>&2
	exit /b 1
)
for %%d in (bin log confd\conf.d confd\templates) do (
	if not exist "%home%\%%d\" mkdir "%home%\%%d" || exit /b 1
)
for %%f in (bin\confd.exe bin\exec.bat bin\logrotate.ps1 confd\conf.d\cmd.info.toml confd\templates\cmd.info.tmpl) do (
	call :put "%%f" || exit /b 1
)
for %%f in (cmd.info cmd.log) do (
	if not exist "%home%\log\%%f" type nul >"%home%\log\%%f" || exit /b 1
)
sc query %service% >nul 2>&1
if errorlevel 1 (
	sc create %service% binPath= "\"%home%\bin\confd.exe\"" start= demand DisplayName= "QingCloud App Agent" || exit /b 1
)
schtasks /query /tn "%task%" >nul 2>&1
if errorlevel 1 (
	schtasks /create /tn "%task%" /sc daily /st 03:00 /ru SYSTEM /tr "powershell.exe -NoProfile -ExecutionPolicy Bypass -File \"%home%\bin\logrotate.ps1\"" || exit /b 1
)
"%home%\bin\confd.exe" -version
exit /b

rem put NAME: a program that runs cannot be written to, but can be renamed.
:put
fc /b "%~dp0%~1" "%home%\%~1" >nul 2>&1
if not errorlevel 1 exit /b 0
copy /b /y "%~dp0%~1" "%home%\%~1.new" >nul || exit /b 1
if exist "%home%\%~1" (
	if exist "%home%\%~1.old" del /f "%home%\%~1.old"
	move /y "%home%\%~1" "%home%\%~1.old" >nul || exit /b 1
)
move /y "%home%\%~1.new" "%home%\%~1" >nul || exit /b 1
del /f "%home%\%~1.old" >nul 2>&1
echo installed %home%\%~1
exit /b 0
