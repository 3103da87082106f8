// Command backend is what the example openapi.yaml puts a gateway in front of: a
// small pet shop, and an echo for everything under /files/.
//
// It shows what a backend sees. Pets live in memory and are gone when it ends.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A Pet is for sale.
type Pet struct {
	ID    int     `json:"id"`
	Name  string  `json:"name"`
	Type  string  `json:"type"`
	Price float64 `json:"price"`
}

// A Shop is the pets that can be bought. Its methods may be called concurrently.
type Shop struct {
	mu   sync.Mutex
	pets []Pet
}

// maxBody is the size of the largest body that is read, in bytes.
const maxBody = 10 << 20

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "address to listen on")
	flag.Parse()
	server := &http.Server{Addr: *listen, Handler: newShop().handler(), ReadHeaderTimeout: 10 * time.Second}
	log.Printf("Pets at http://%s/pets", *listen)
	log.Fatal(server.ListenAndServe())
}

func newShop() *Shop {
	return &Shop{pets: []Pet{
		{ID: 1, Name: "Rex", Type: "dog", Price: 249.99},
		{ID: 2, Name: "Mimi", Type: "cat", Price: 124.5},
		{ID: 3, Name: "Bubbles", Type: "fish", Price: 3},
	}}
}

// handler routes the requests.
func (s *Shop) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pets", s.list)
	mux.HandleFunc("POST /pets", s.add)
	mux.HandleFunc("GET /pets/{id}", s.get)
	mux.HandleFunc("/files/", echo)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL)
		w.Header().Set("Server", "petshop")
		mux.ServeHTTP(w, r)
	})
}

// list answers the pets, or those of one type.
func (s *Shop) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	pets := slices.Clone(s.pets)
	s.mu.Unlock()
	if kind := r.FormValue("type"); kind != "" {
		pets = slices.DeleteFunc(pets, func(p Pet) bool { return p.Type != kind })
	}
	answer(w, http.StatusOK, map[string][]Pet{"pets": pets})
}

// get answers one pet.
func (s *Shop) get(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	s.mu.Lock()
	i := slices.IndexFunc(s.pets, func(p Pet) bool { return p.ID == id })
	var pet Pet
	if i >= 0 {
		pet = s.pets[i]
	}
	s.mu.Unlock()
	if i < 0 {
		answer(w, http.StatusNotFound, map[string]string{"error": "no such pet"})
		return
	}
	answer(w, http.StatusOK, pet)
}

// add puts a pet into the shop.
func (s *Shop) add(w http.ResponseWriter, r *http.Request) {
	var pet Pet
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&pet); err != nil || pet.Name == "" {
		answer(w, http.StatusBadRequest, map[string]string{"error": "a pet needs a name"})
		return
	}
	s.mu.Lock()
	pet.ID = len(s.pets) + 1
	s.pets = append(s.pets, pet)
	s.mu.Unlock()
	answer(w, http.StatusCreated, pet)
}

// echo answers what the request was.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"method":  r.Method,
		"path":    r.URL.EscapedPath(),
		"query":   r.URL.Query(),
		"host":    r.Host,
		"headers": r.Header,
		"body":    string(body),
	})
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // the client is gone when this fails
}
