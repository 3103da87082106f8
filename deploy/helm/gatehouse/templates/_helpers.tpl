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

{{/* The configuration: what the values say, and over it what the chart mounts and opens. */}}
{{- define "gatehouse.config" -}}
{{- $own := dict "listen" "127.0.0.1:4566" "gateway-listen" "0.0.0.0:8080" "admin-listen" "0.0.0.0:9090" }}
{{- if .Values.controlPlane.expose }}
{{- if not (include "gatehouse.credentialsSecret" .) }}{{ fail "controlPlane.expose needs credentials: whoever reaches the Service could change everything" }}{{ end }}
{{- $_ := set $own "listen" "0.0.0.0:4566" }}
{{- $host := include "gatehouse.name" . }}
{{- $in := printf "%s.%s" $host .Release.Namespace }}
{{- $_ := set $own "allow-host" (concat (list $host $in (printf "%s.svc" $in) (printf "%s.svc.cluster.local" $in)) (.Values.controlPlane.hosts | default list)) }}
{{- end }}
{{- if include "gatehouse.credentialsSecret" . }}{{ $_ := set $own "credentials" "/etc/gatehouse/credentials/credentials.yaml" }}{{ end }}
{{- if .Values.secretsKey.existingSecret }}{{ $_ := set $own "secrets-key-file" "/etc/gatehouse/secrets/secrets.key" }}{{ end }}
{{- if .Values.persistence.enabled }}{{ $_ := set $own "data-dir" "/data" }}{{ else }}{{ $_ := set $own "in-memory" true }}{{ end }}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $own "gateway-tls-listen" "0.0.0.0:8443" }}
{{- $_ := set $own "certificates" (list (dict "cert" "/etc/gatehouse/tls/tls.crt" "key" "/etc/gatehouse/tls/tls.key")) }}
{{- end }}
{{- $apis := list }}
{{- range $name, $api := .Values.apis }}
{{- $apis = append $apis (printf "/etc/gatehouse/apis/%s.yaml=%s%s" $name ($api.stage | default "prod") (empty $api.basePath | ternary "" (printf "@%s" ($api.basePath | default "")))) }}
{{- end }}
{{- if $apis }}{{ $_ := set $own "api" $apis }}{{ end }}
{{- range $key, $_ := $own }}{{ if hasKey $.Values.config $key }}{{ fail (printf "config: %s is the chart's to set" $key) }}{{ end }}{{ end }}
{{- toYaml (merge $own .Values.config) }}
{{- end }}
