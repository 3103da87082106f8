package control

// Buckets is how many buckets a throttle keeps.
func Buckets(l *Throttle) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.buckets)
}
