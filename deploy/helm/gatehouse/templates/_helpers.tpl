{{- define "gatehouse.name" -}}
{{- if contains "gatehouse" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-gatehouse" (.Release.Name | trunc 42 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "gatehouse.selector" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "gatehouse.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "gatehouse.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{- define "gatehouse.credentialsSecret" -}}
{{- if .Values.credentials.existingSecret }}{{ .Values.credentials.existingSecret }}{{ else if .Values.credentials.content }}{{ include "gatehouse.name" . }}-credentials{{ end }}
{{- end }}

{{/* The configuration: what the values say, and over it what the chart mounts and opens. Of
what the values say, nodes of a role leave out what has no effect there. */}}
{{- define "gatehouse.config" -}}
{{- $role := .role }}
{{- with .top }}
{{- $own := dict "admin-listen" "0.0.0.0:9090" }}
{{- if ne $role "gateway" }}{{ $_ := set $own "listen" "127.0.0.1:4566" }}{{ end }}
{{- if ne $role "control" }}{{ $_ := set $own "gateway-listen" "0.0.0.0:8080" }}{{ end }}
{{- if $role }}
{{- $_ := set $own "role" $role }}
{{- $_ := set $own "drain-delay" "5s" }}
{{- if and (include "gatehouse.credentialsSecret" .) (not .Values.secretsKey.existingSecret) }}{{ fail "database with credentials needs secretsKey: of it the key is made that seals the sessions of roles" }}{{ end }}
{{- end }}
{{- if .Values.controlPlane.expose }}
{{- if not (include "gatehouse.credentialsSecret" .) }}{{ fail "controlPlane.expose needs credentials: whoever reaches the Service could change everything" }}{{ end }}
{{- if ne $role "gateway" }}
{{- $_ := set $own "listen" "0.0.0.0:4566" }}
{{- $host := printf "%s%s" (include "gatehouse.name" .) (empty $role | ternary "" "-control") }}
{{- $in := printf "%s.%s" $host .Release.Namespace }}
{{- $hosts := list $host $in (printf "%s.svc" $in) (printf "%s.svc.cluster.local" $in) }}
{{- $_ := set $own "allow-host" (concat $hosts (.Values.controlPlane.hosts | default list)) }}
{{- end }}
{{- end }}
{{- if include "gatehouse.credentialsSecret" . }}{{ $_ := set $own "credentials" "/etc/gatehouse/credentials/credentials.yaml" }}{{ end }}
{{- if .Values.secretsKey.existingSecret }}{{ $_ := set $own "secrets-key-file" "/etc/gatehouse/secrets/secrets.key" }}{{ end }}
{{- if or $role .Values.persistence.enabled }}{{ $_ := set $own "data-dir" "/data" }}{{ else }}{{ $_ := set $own "in-memory" true }}{{ end }}
{{- if and .Values.tls.existingSecret (ne $role "control") }}
{{- $_ := set $own "gateway-tls-listen" "0.0.0.0:8443" }}
{{- $_ := set $own "certificates" (list (dict "cert" "/etc/gatehouse/tls/tls.crt" "key" "/etc/gatehouse/tls/tls.key")) }}
{{- end }}
{{- $apis := list }}
{{- range $name, $api := .Values.apis }}
{{- $apis = append $apis (printf "/etc/gatehouse/apis/%s.yaml=%s%s" $name ($api.stage | default "prod") (empty $api.basePath | ternary "" (printf "@%s" ($api.basePath | default "")))) }}
{{- end }}
{{- if and $apis (ne $role "gateway") }}{{ $_ := set $own "api" $apis }}{{ end }}
{{- range $key, $_ := $own }}{{ if hasKey $.top.Values.config $key }}{{ fail (printf "config: %s is the chart's to set" $key) }}{{ end }}{{ end }}
{{- $said := .Values.config }}
{{- if eq $role "control" }}
{{- range list "gateway-health" "https-redirect" "edge-headers" "access-log" "access-log-format" "access-log-destinations" "execution-log" "execution-log-directory" "portal" "cache-budget" "authorizer-cache-bytes" "max-connections" "trace" }}{{ $said = omit $said . }}{{ end }}
{{- else if eq $role "gateway" }}
{{- range list "audit-log" "allow-unauthenticated" "allow-host" "allow-origin" "upstream" "upstream-for-plain" "quotas" "rates" "keep-deployments" "wait-for-nodes" "truststores" "log-events-bytes" "acme-contact" "acme-accept-terms" "acme-ca" }}{{ $said = omit $said . }}{{ end }}
{{- end }}
{{- toYaml (merge $own $said) }}
{{- end }}
{{- end }}
