package vmm.allocation;

import com.fasterxml.jackson.annotation.JsonProperty;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
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
import vmm.web.Limit;
import vmm.web.Names;
import vmm.web.Page;
import vmm.web.Problem;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Asking for VMs, keeping them and giving them back. */
@RestController
@RequestMapping(path = "/api/v1/allocations", produces = "application/json")
class AllocationController {
    private final FrontDesk desk;
    private final AllocationViews views;

    AllocationController(FrontDesk desk, AllocationViews views) {
        this.desk = desk;
        this.views = views;
    }

    @PostMapping
    ResponseEntity<AllocationView> create(
            Person person,
            @RequestHeader(name = "Idempotency-Key", required = false) @Nullable String key,
            @Valid @RequestBody AllocationRequest request) {
        if (key != null && !key.matches("[\\x20-\\x7e]{1,200}")) {
            throw Problem.invalid("Idempotency-Key", "must be 1 to 200 printable ASCII characters");
        }
        var view = see(desk.take(person, request, key), person);
        return ResponseEntity.status(
                        view.state() == Allocation.State.QUEUED
                                ? HttpStatus.ACCEPTED
                                : HttpStatus.CREATED)
                .location(URI.create("/api/v1/allocations/" + view.id()))
                .body(view);
    }

    @GetMapping
    Page<AllocationView> list(
            Person person,
            @RequestParam(required = false) @Nullable List<String> state,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String pool,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String vmType,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String cloud,
            @RequestParam(required = false) @Size(min = 1, max = 200) @Nullable String user,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        var filter = new AllocationViews.Filter(states(state), pool, vmType, cloud, user);
        return views.list(filter, limit, cursor, person);
    }

    /** Repeated, separated by commas, or both. */
    private static List<Allocation.State> states(@Nullable List<String> texts) {
        if (texts == null) return List.of();
        try {
            return texts.stream()
                    .flatMap(text -> Arrays.stream(text.split(",", -1)))
                    .map(Allocation.State::valueOf)
                    .distinct()
                    .toList();
        } catch (IllegalArgumentException unknown) {
            throw Problem.invalid("state", "must be of QUEUED, ACTIVE, ENDED");
        }
    }

    @GetMapping("/{id}")
    AllocationView get(Person person, @PathVariable UUID id) {
        return see(id, person);
    }

    @DeleteMapping("/{id}")
    AllocationView release(Person person, @PathVariable UUID id) {
        desk.end(id, person);
        return see(id, person);
    }

    @PostMapping("/{id}/extension")
    AllocationView extend(
            Person person, @PathVariable UUID id, @Valid @RequestBody ExtensionRequest request) {
        desk.extend(id, request.by(), person);
        return see(id, person);
    }

    @PostMapping("/{id}/restart")
    @ResponseStatus(HttpStatus.ACCEPTED)
    AllocationView restart(Person person, @PathVariable UUID id) {
        desk.restart(id, person);
        return see(id, person);
    }

    private AllocationView see(UUID id, Person person) {
        return views.find(id, person).orElseThrow(() -> Problem.notFound("allocation"));
    }

    /**
     * What one asks for.
     *
     * @param lifetime the first lease, the pool's when null
     * @param name what the person calls it
     * @param orWait whether to queue when nothing is ready; null is yes
     */
    record AllocationRequest(
            @NotNull(message = "is required")
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    String vmType,
            @Nullable Duration lifetime,
            @Size(min = 1, max = 100, message = "must have 1 to 100 characters")
                    @Nullable String name,
            @JsonProperty("wait") @Nullable Boolean orWait) {

        boolean waits() {
            return !Boolean.FALSE.equals(orWait);
        }
    }

    record ExtensionRequest(@NotNull(message = "is required") Duration by) {}
}
