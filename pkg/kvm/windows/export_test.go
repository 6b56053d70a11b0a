package windows

// InstallImpatiently is InstallAgent with less patience for another run.
var InstallImpatiently = installAgent
