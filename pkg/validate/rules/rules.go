package rules

import (
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist"
)

// All are the rules, in the order in which pages list them. Each call makes
// new ones.
func All() []validate.Rule {
	return []validate.Rule{
		persist.Rule(),

		// template resources
		tomlSyntax(),
		tomlUnknownKey(),
		srcMissing(),
		tmplUnreferenced(),
		duplicateDest(),
		destPath(),
		pairMode(),
		prefixReplaced(),
		checkCmd(),
		commandSyntax(),

		// templates
		templateSyntax(),
		emptyTemplate(),
		keyNotWatched(),
		keyUnused(),
		envKeyUndefined(),
		envKeyUnused(),
		roleMissing(),
		linkUndefined(),
		metadataKeyUnknown(),
		templateFails(),
		invalidOutput(),
		oddOutput(),
		oddComparison(),
		listsNotAligned(),
		misspeltWord(),
		absentKey(),
		secretInTemplate(),
		unquotedInput(),
		needsNewerConfd(),

		// config.json, cluster.json.mustache, translations
		jsonSyntax(),
		jsonDuplicateKey(),
		byteOrderMark(),
		mustacheVariable(),
		configPropertyUnused(),
		clusterUnreadable(),
		clusterKeyMissing(),
		clusterValue(),
		withdrawnClass(),
		containerImage(),
		clusterKeyUnknown(),
		roleNames(),
		serviceDefinition(),
		backupServices(),
		healthCheckBounds(),
		monitorDefinition(),
		monitorItemNotDisplayed(),
		monitorGroupNotDisplayed(),
		endpointPort(),
		displayTabs(),
		configProperty(),
		defaultOutOfRange(),
		passwordPlainString(),
		translationMissing(),
		errCodeMissing(),
		exitCodeWithoutText(),
		errCodeUnused(),
		replacePolicy(),

		// scripts and commands
		shellSyntax(),
		windowsLineEnds(),
		machineControl(),
		diskControl(),
		forOverString(),
		pythonUnbound(),
		scriptMissing(),
		scriptNotExecutable(),
		pathCase(),
		commandOverTimeout(),
		exitCodeLost(),
		scaleWithoutCommands(),
		actionMissing(),
		monitorItemNeverEmitted(),
		hardcodedAddress(),
		strayAssignment(),
		evalMetadata(),
		loginWithoutKey(),

		// images
		entrypoint(),
		confdToml(),
		agentFile(),
		leftoverFile(),
		mountHidesFiles(),
		emptyVolume(),
	}
}
