{{/* The template of a pod: of the process that has a data directory, or of nodes of a role. */}}
{{- define "gatehouse.pod" -}}
{{- with .top -}}
metadata:
  labels:
    {{- include "gatehouse.labels" . | nindent 4 }}
    {{- with $.role }}
    app.kubernetes.io/component: {{ . }}
    {{- end }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A pod reads its configuration at its start.
    checksum/config: {{ include (print $.top.Template.BasePath "/configmap.yaml") $.top | sha256sum }}
    checksum/credentials: {{ include (print $.top.Template.BasePath "/secret.yaml") $.top | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "gatehouse.serviceAccount" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: gatehouse
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/gatehouse/gatehouse.yaml]
      ports:
        {{- if ne $.role "control" }}
        - {name: http, containerPort: 8080}
        {{- if .Values.tls.existingSecret }}
        - {name: https, containerPort: 8443}
        {{- end }}
        {{- end }}
        {{- if and .Values.controlPlane.expose (ne $.role "gateway") }}
        - {name: control, containerPort: 4566}
        {{- end }}
        - {name: admin, containerPort: 9090}
      {{- if or $.role .Values.extraEnv }}
      env:
        {{- if $.role }}
        - name: GATEHOUSE_DATABASE
          valueFrom: {secretKeyRef: {name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }}}}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      startupProbe: # what was deployed is loaded first
        httpGet: {path: /_gatehouse/ready, port: admin}
        periodSeconds: 2
        failureThreshold: 150
      readinessProbe:
        httpGet: {path: /_gatehouse/ready, port: admin}
        periodSeconds: {{ empty $.role | ternary 5 2 }}
        {{- if $.role }}
        failureThreshold: 1
        {{- end }}
      livenessProbe:
        httpGet: {path: /_gatehouse/live, port: admin}
        periodSeconds: 10
        failureThreshold: 6
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- with .Values.resources }}
      resources: {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - {name: config, mountPath: /etc/gatehouse/gatehouse.yaml, subPath: gatehouse.yaml, readOnly: true}
        {{- if and .Values.apis (ne $.role "gateway") }}
        - {name: config, mountPath: /etc/gatehouse/apis, readOnly: true}
        {{- end }}
        {{- if include "gatehouse.credentialsSecret" . }}
        - {name: credentials, mountPath: /etc/gatehouse/credentials, readOnly: true}
        {{- end }}
        {{- if .Values.secretsKey.existingSecret }}
        - {name: secrets, mountPath: /etc/gatehouse/secrets, readOnly: true}
        {{- end }}
        {{- if and .Values.tls.existingSecret (ne $.role "control") }}
        - {name: tls, mountPath: /etc/gatehouse/tls, readOnly: true}
        {{- end }}
        {{- if or $.role .Values.persistence.enabled }}
        - {name: data, mountPath: /data}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "gatehouse.name" . }}{{ with $.role }}-{{ . }}{{ end }}}
    {{- with include "gatehouse.credentialsSecret" . }}
    - name: credentials
      secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: {{ $.top.Values.credentials.key }}, path: credentials.yaml}]}
    {{- end }}
    {{- with .Values.secretsKey }}
    {{- if .existingSecret }}
    - name: secrets
      secret: {secretName: {{ .existingSecret }}, defaultMode: 0440, items: [{key: {{ .key }}, path: secrets.key}]}
    {{- end }}
    {{- end }}
    {{- if and .Values.tls.existingSecret (ne $.role "control") }}
    - name: tls
      secret: {secretName: {{ .Values.tls.existingSecret }}, defaultMode: 0440}
    {{- end }}
    {{- if $.role }}
    - name: data # of it the copy of what is served outlives a restart of the container
      emptyDir: {}
    {{- end }}
    - name: tmp
      emptyDir: {}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
