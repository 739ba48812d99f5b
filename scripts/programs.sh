# The programs that make up the portal, for ./portal up and for the container image alike.
# shellcheck shell=sh disable=SC2034 # for the script that sources this

executables='upload status view download accept message login'

# secret_of PROGRAM: whose keys it gets, and whose rights in the database (portal_...).
secret_of() {
	case $1 in
	upload | status) echo sender ;;
	worker) echo worker ;;
	portalctl) echo owner ;;
	*) echo customer ;;
	esac
}

# processes_of EXECUTABLE: how many requests it answers at once.
processes_of() {
	case $1 in
	upload | message) echo "${PORTAL_PROCESSES:-2}" ;;
	*) echo "${PORTAL_PROCESSES:-4}" ;;
	esac
}
