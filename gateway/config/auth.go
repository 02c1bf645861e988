package config

import "github.com/plugboard/plugboard/gateway/secret"

// The settings that more than one way of authorisation has.
var (
	authUsername = setting[Auth]{key: "username", required: `write username = "…"`, reads: some(func(a *Auth) *string { return &a.Username })}
	authPassword = setting[Auth]{key: "password", required: `write password = "{{secret.NAME}}"`,
		reads: hidden(func(a *Auth) *secret.Value { return &a.Password })}
	authTokenURL = setting[Auth]{key: "token_url", required: `write token_url = "https://…/oauth/token"`, meaning: "where tokens are fetched",
		reads: some(func(a *Auth) *string { return &a.TokenURL })}
	authClientID = setting[Auth]{key: "client_id",
		why:      "none: not every server wants one",
		required: `write client_id = "…"`, reads: some(func(a *Auth) *string { return &a.ClientID })}
	authSecret = setting[Auth]{key: "client_secret",
		why:      "none: not every server wants one",
		required: `write client_secret = "{{secret.NAME}}"`,
		reads:    hidden(func(a *Auth) *secret.Value { return &a.ClientSecret })}
	authClientAuth = setting[Auth]{key: "client_auth", def: "basic", meaning: "how client_id and client_secret are sent: as HTTP Basic or in the form",
		why:   "what RFC 6749 asks every server to take",
		reads: oneOf([]string{"basic", "body"}, func(a *Auth) *string { return &a.ClientAuth })}
	authAudience = setting[Auth]{key: "audience", meaning: "asked for, where the server wants one",
		why:   "none: only some servers know it",
		reads: some(func(a *Auth) *string { return &a.Audience })}
	authScope = setting[Auth]{key: "scope", meaning: "asked for; left out: the server's own",
		why:   "what the server gives by itself",
		reads: some(func(a *Auth) *string { return &a.Scope })}
)

func (s setting[T]) optional() setting[T] {
	s.required = ""
	return s
}

// authTypes are the ways to authorise a request, and what each needs.
var authTypes = []choice[Auth]{
	{"bearer", []setting[Auth]{
		{key: "token", required: `write token = "{{secret.NAME}}"`, meaning: "of the header Authorization: Bearer",
			reads: hidden(func(a *Auth) *secret.Value { return &a.Token })}}},
	{"basic", []setting[Auth]{authUsername, authPassword}},
	{"api-key", []setting[Auth]{
		{key: "name", required: `write name = "x-api-key"`, meaning: "of the header or query parameter", reads: headerName(func(a *Auth) *string { return &a.Name })},
		{key: "in", def: "header", meaning: "where it stands",
			why:   "a URL stands in logs, a header does not",
			reads: oneOf([]string{"header", "query"}, func(a *Auth) *string { return &a.In })},
		{key: "value", required: `write value = "{{secret.NAME}}"`, meaning: "the key", reads: hidden(func(a *Auth) *secret.Value { return &a.Value })}}},
	{"oauth2-password", []setting[Auth]{authTokenURL, authUsername, authPassword, authClientID.optional(), authSecret.optional(), authClientAuth, authScope, authAudience}},
	{"oauth2-client-credentials", []setting[Auth]{authTokenURL, authClientID, authSecret, authClientAuth, authScope, authAudience}},
}

func authType(a *Auth) *string { return &a.Type }

func authorisation() reads[Destination] {
	k := kind{"a table", `{ type = "bearer", token = "{{secret.NAME}}" }`}
	return reads[Destination]{kind: k, inner: describeChoices("type", authTypes), into: func(r *reader, n node, d *Destination) {
		readChoice(r, n, "type", authTypes, authType, &d.Auth)
		if d.Auth.TokenURL != "" {
			at := n.key("token_url")
			shown, _ := at.value.(string)
			r.urls = append(r.urls, configuredURL{at, text{plain: d.Auth.TokenURL, shown: shown}, d})
		}
	}}
}
