package sysdisk

import _ "embed" // the script

// Script is functions for POSIX sh to put in front of a script:
//
//	on_system_disk FOLDER   succeeds where what is in the folder is on the system disk
//	system_mounts           prints the mount points of the system disk's file systems
//	volume_mounts           prints those of other disks, volumes among them
//
// The system disk is the one that holds "/". Partitions, LVM and the
// subvolumes of one btrfs belong to their disk.
//
//go:embed sysdisk.sh
var Script string
