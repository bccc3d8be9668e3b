package vmm.pool.configuration;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import vmm.identity.Person;
import vmm.web.Cursor;
import vmm.web.IfMatch;
import vmm.web.Limit;
import vmm.web.Page;
import vmm.web.Problem;

import java.net.URI;

/** The pools over HTTP. */
@RestController
@RequestMapping(path = "/api/v1/pools", produces = MediaType.APPLICATION_JSON_VALUE)
class PoolController {
    private final PoolViews views;
    private final PoolEdits edits;

    PoolController(PoolViews views, PoolEdits edits) {
        this.views = views;
        this.edits = edits;
    }

    @GetMapping
    Page<PoolView> listPools(
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        return views.page(cursor, limit);
    }

    @PostMapping(consumes = MediaType.APPLICATION_JSON_VALUE)
    @ResponseStatus(HttpStatus.CREATED)
    ResponseEntity<PoolView> createPool(
            @RequestParam(defaultValue = "false") boolean unchecked,
            @Valid @RequestBody PoolRequest wanted,
            Person person) {
        var pool = edits.create(wanted.entry(), unchecked, person.name());
        return ResponseEntity.created(URI.create("/api/v1/pools/" + pool.name()))
                .eTag(IfMatch.etag(pool.version()))
                .body(pool);
    }

    /** Never 304: the counts change while the ETag, which is the configuration's, stays. */
    @GetMapping("/{name}")
    PoolView getPool(@PathVariable String name, HttpServletResponse response) {
        var pool = views.find(name).orElseThrow(() -> Problem.notFound("pool"));
        response.setHeader(HttpHeaders.ETAG, IfMatch.etag(pool.version()));
        return pool;
    }

    @PatchMapping(path = "/{name}", consumes = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<PoolView> updatePool(
            @PathVariable String name,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            @RequestParam(defaultValue = "false") boolean unchecked,
            @Valid @RequestBody PoolPatch patch,
            Person person) {
        var pool = edits.change(name, ifMatch, patch, unchecked, person.name());
        return ResponseEntity.ok().eTag(IfMatch.etag(pool.version())).body(pool);
    }

    @DeleteMapping("/{name}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void deletePool(
            @PathVariable String name,
            @RequestHeader(name = HttpHeaders.IF_MATCH, required = false) @Nullable String ifMatch,
            Person person) {
        edits.delete(name, ifMatch, person.name());
    }
}
