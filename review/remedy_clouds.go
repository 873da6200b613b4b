package review

import "strings"

// awsRemedy follows the AWS CLI command reference: iam and sso-admin.
func awsRemedy(a Access) Remedy {
	for _, v := range []string{a.Account, a.Entitlement, a.EntName, a.Resource} {
		if strings.Contains(v, "://") { // the command would read its value from there
			return manual("the AWS CLI would take %s for a file to read", Safe(v))
		}
	}
	if strings.HasPrefix(a.Entitlement, "arn:aws:sso:") {
		return awsIdentityCenter(a)
	}
	kind, name := awsPrincipal(a)
	if strings.HasSuffix(a.Account, ":root") {
		return manual("credentials of the root user are withdrawn in the console, signed in as root: Security credentials")
	}
	if kind == "" {
		return manual("the account %s is no ARN of a user, role or group", Safe(a.Account))
	}
	who := flag(kind+"-name", name)
	switch {
	case a.EntKind == "credential" || awsCredential(a.Entitlement):
		return awsCredentialRemedy(a, kind, who)
	case strings.HasPrefix(a.Entitlement, a.Account+"#"): // an inline policy has no ARN of its own
		return commands(command("aws iam delete-"+kind+"-policy", who, flag("policy-name", a.Entitlement[len(a.Account)+1:])))
	case strings.HasPrefix(a.Entitlement, "arn:") && strings.Contains(a.Entitlement, ":policy/"):
		return commands(command("aws iam detach-"+kind+"-policy", who, flag("policy-arn", a.Entitlement)))
	case strings.HasPrefix(a.Entitlement, "arn:") && strings.Contains(a.Entitlement, ":group/"):
		if kind != "user" {
			return manual("only users are members of groups")
		}
		return commands(command("aws iam remove-user-from-group", flag("group-name", lastSegment(a.Entitlement)), who))
	case a.EntName != "" && !strings.HasPrefix(a.EntName, "arn:"):
		return commands(command("aws iam delete-"+kind+"-policy", who, flag("policy-name", a.EntName)))
	}
	return manual("%s is no policy, group or credential of IAM", Safe(a.Entitlement))
}

// awsPrincipal tells user, role or group and its name from an ARN or from kind/name, else takes a plain name as a user's.
func awsPrincipal(a Access) (kind, name string) {
	rest := a.Account
	if strings.HasPrefix(rest, "arn:") {
		parts := strings.SplitN(rest, ":", 6)
		if len(parts) < 6 || parts[2] != "iam" {
			return "", ""
		}
		kind, _, _ = strings.Cut(parts[5], "/")
		if kind != "user" && kind != "role" && kind != "group" || lastSegment(parts[5]) == "" {
			return "", ""
		}
		return kind, lastSegment(parts[5])
	}
	if rest == "" || strings.HasPrefix(rest, "<") {
		return "", ""
	}
	if kind, name, ok := strings.Cut(rest, "/"); ok {
		if (kind == "user" || kind == "role" || kind == "group") && name != "" {
			return kind, name
		}
		return "", ""
	}
	return "user", rest
}

func awsCredential(id string) bool {
	for _, p := range [...]string{"console-password", "access-key-", "certificate-", "AKIA"} {
		if strings.HasPrefix(id, p) {
			return true
		}
	}
	return false
}

func awsCredentialRemedy(a Access, kind, who string) Remedy {
	if kind != "user" {
		return manual("only users hold credentials in IAM")
	}
	switch id := a.Entitlement; {
	case id == "console-password":
		return commands(command("aws iam delete-login-profile", who))
	case strings.HasPrefix(id, "AKIA") || strings.HasPrefix(id, "ASIA"):
		r := commands(command("aws iam update-access-key", who, flag("access-key-id", id), "--status=Inactive"))
		r.Notes = []string{"delete the key once nothing has failed: aws iam delete-access-key"}
		return r
	case strings.HasPrefix(id, "access-key-"):
		r := commands(command("aws iam list-access-keys", who))
		r.Notes = []string{"a credential report does not name the key: take its id from the list, then aws iam update-access-key --status=Inactive"}
		return r
	case strings.HasPrefix(id, "certificate-"):
		r := commands(command("aws iam list-signing-certificates", who))
		r.Notes = []string{"a credential report does not name the certificate: take its id from the list, then aws iam delete-signing-certificate"}
		return r
	}
	return manual("%s is no credential IAM can withdraw", Safe(a.Entitlement))
}

func awsIdentityCenter(a Access) Remedy {
	kind := "USER"
	if a.AccountKind == Group {
		kind = "GROUP"
	}
	if a.Resource == "" {
		return manual("the export does not say in which AWS account the permission set is assigned")
	}
	r := commands(command("aws sso-admin delete-account-assignment", `--instance-arn="${SSO_INSTANCE_ARN:?}"`, flag("target-id", a.Resource),
		"--target-type=AWS_ACCOUNT", flag("permission-set-arn", a.Entitlement), "--principal-type="+kind, flag("principal-id", a.Account)))
	r.Notes = []string{"set SSO_INSTANCE_ARN first: aws sso-admin list-instances"}
	return r
}

// azureRemedy follows the Azure CLI reference: az role assignment delete.
func azureRemedy(a Access) Remedy {
	if a.EntKind == "group" || a.EntKind == "membership" || a.EntKind == "credential" {
		return entraRemedy(a)
	}
	if a.Resource == "" || a.Entitlement == "" || a.Account == "" {
		return manual("role, principal and scope are needed to name a role assignment")
	}
	for _, v := range []string{a.Account, a.Entitlement, a.Resource} {
		if strings.HasPrefix(v, "@") { // the command would read its value from a file
			return manual("the Azure CLI would take %s for a file to read", Safe(v))
		}
	}
	return commands(command("az role assignment delete", flag("assignee", a.Account), flag("role", a.Entitlement), flag("scope", a.Resource)))
}

// entraRemedy follows the Azure CLI reference: az ad group member remove, az ad app credential delete. Both find what they are given
// by other names too, even by the beginning of one; so only object ids are taken.
func entraRemedy(a Access) Remedy {
	ids := isGUID(a.Account) && isGUID(a.Entitlement)
	switch {
	case a.EntKind == "group" || a.EntKind == "membership":
		if !ids {
			return manual("az ad group member remove takes the object ids of group and member: find those of %s and %s", Safe(a.Entitlement), Safe(a.Account))
		}
		r := commands(command("az ad group member remove", flag("group", a.Entitlement), flag("member-id", a.Account)))
		r.Notes = []string{"a group with dynamic membership, or synchronised from a directory elsewhere, is changed where its members come from"}
		return r
	case a.EntKind == "credential":
		if !ids {
			return manual("az ad app credential delete takes the ids of application and key: find those of %s and %s", Safe(a.Account), Safe(a.Entitlement))
		}
		r := commands(command("az ad app credential delete", flag("id", a.Account), flag("key-id", a.Entitlement)))
		r.Notes = []string{"add --cert if it is a certificate; where the key is one of the service principal itself: az ad sp credential delete, with the same flags"}
		return r
	case a.ResourceKind == "application":
		return manual("the Azure CLI has no command for app roles and permissions: take %s away in the enterprise application", Safe(a.Entitlement))
	case a.EntKind == "role":
		return manual("the Azure CLI has no command for directory roles: take %s away in Roles & admins or in Privileged Identity Management", Safe(a.Entitlement))
	}
	return manual("%s is neither a group nor a credential, and the Azure CLI takes away nothing else here", Safe(a.Entitlement))
}

func isGUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' && strings.Trim(s, "0123456789abcdefABCDEF-") == ""
}

// gcpRemedy follows the gcloud reference: remove-iam-policy-binding of the resource's own kind.
func gcpRemedy(a Access, conditional bool) Remedy {
	if conditional {
		return manual("the binding has a condition: remove it in the policy itself (get-iam-policy, edit, set-iam-policy)")
	}
	member := gcpMember(a)
	if member == "" {
		return manual("the export does not say what kind of member %s is", Safe(a.Account))
	}
	who := command(flag("member", member), flag("role", a.Entitlement))
	binding := who + " --condition=None"
	path := strings.TrimPrefix(a.Resource, "//")
	service, rest, hasService := strings.Cut(path, "/")
	if !hasService || !strings.HasSuffix(service, ".googleapis.com") {
		service, rest = "cloudresourcemanager.googleapis.com", path
	}
	name := lastSegment(rest)
	if strings.HasPrefix(name, "-") || name == "" {
		return manual("%s names no resource gcloud can be given", Safe(a.Resource))
	}
	switch {
	case service == "cloudresourcemanager.googleapis.com" && strings.HasPrefix(rest, "projects/"):
		return commands(command("gcloud projects remove-iam-policy-binding", sh(name), binding))
	case service == "cloudresourcemanager.googleapis.com" && strings.HasPrefix(rest, "folders/"):
		return commands(command("gcloud resource-manager folders remove-iam-policy-binding", sh(name), binding))
	case service == "cloudresourcemanager.googleapis.com" && strings.HasPrefix(rest, "organizations/"):
		return commands(command("gcloud organizations remove-iam-policy-binding", sh(name), binding))
	case service == "cloudbilling.googleapis.com" && strings.HasPrefix(rest, "billingAccounts/"):
		return commands(command("gcloud billing accounts remove-iam-policy-binding", sh(name), who)) // knows no conditions
	case !strings.Contains(a.Resource, "/"):
		return manual("the export does not say what %s is: remove %s from its policy with remove-iam-policy-binding of its kind, such as gcloud projects", Safe(a.Resource), Safe(member))
	case service == "storage.googleapis.com":
		return commands(command("gcloud storage buckets remove-iam-policy-binding", sh("gs://"+name), binding))
	case service == "iam.googleapis.com" && strings.Contains(rest, "/serviceAccounts/"):
		if project, _, ok := strings.Cut(strings.TrimPrefix(rest, "projects/"), "/"); ok && project != "-" { // it wants the project, though the name says it
			binding += " " + flag("project", project)
		}
		return commands(command("gcloud iam service-accounts remove-iam-policy-binding", sh(name), binding))
	}
	return manual("remove %s from the policy of %s with the gcloud command group of that service", Safe(member), Safe(a.Resource))
}

// gcpMember writes the member as a policy does.
func gcpMember(a Access) string {
	prefix, _, ok := strings.Cut(a.Account, ":")
	if a.Account == "allUsers" || a.Account == "allAuthenticatedUsers" {
		return a.Account
	}
	if strings.EqualFold(a.Account, "allusers") {
		return "allUsers"
	}
	if strings.EqualFold(a.Account, "allauthenticatedusers") {
		return "allAuthenticatedUsers"
	}
	if ok {
		for _, known := range [...]string{"user", "serviceAccount", "group", "domain", "principal", "principalSet", "deleted", "projectOwner", "projectEditor", "projectViewer"} {
			if strings.EqualFold(prefix, known) {
				return known + a.Account[len(prefix):]
			}
		}
	}
	switch a.AccountKind {
	case Human, External:
		return "user:" + a.Account
	case Service, Workload:
		return "serviceAccount:" + a.Account
	case Group:
		return "group:" + a.Account
	}
	if strings.HasSuffix(a.Account, ".gserviceaccount.com") {
		return "serviceAccount:" + a.Account
	}
	return ""
}
