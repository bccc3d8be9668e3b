package vmm.vm;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import vmm.identity.Person;
import vmm.identity.Role;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Names;
import vmm.web.Page;
import vmm.web.Problem;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The fleet over HTTP. */
@RestController
@RequestMapping(path = "/api/v1/vms", produces = MediaType.APPLICATION_JSON_VALUE)
class VmController {
    private final VmViews views;
    private final VmEdits edits;
    private final InstantSource clock;

    VmController(VmViews views, VmEdits edits, InstantSource clock) {
        this.views = views;
        this.edits = edits;
        this.clock = clock;
    }

    @GetMapping
    Page<VmView> listVms(
            @Parameter(array = @ArraySchema(schema = @Schema(implementation = VmState.class)))
                    @RequestParam(required = false)
                    @Nullable List<String> state,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String pool,
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String cloud,
            @RequestParam(required = false) @Size(min = 1, max = 200) @Nullable String user,
            @RequestParam(required = false) @Nullable Boolean held,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        var filter = new VmViews.Filter(states(state), pool, cloud, user, held);
        return views.page(filter, cursor, limit);
    }

    /** One or more, repeated or separated by commas. */
    private static Set<VmState> states(@Nullable List<String> given) {
        var states = EnumSet.noneOf(VmState.class);
        if (given == null) return states;
        for (String some : given.isEmpty() ? List.of("") : given) {
            for (String name : some.split(",", -1)) states.add(state(name));
        }
        return states;
    }

    private static VmState state(String name) {
        return Arrays.stream(VmState.values())
                .filter(state -> state.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                Problem.invalid(
                                        "state",
                                        "must be of "
                                                + Arrays.stream(VmState.values())
                                                        .map(VmState::name)
                                                        .collect(Collectors.joining(", "))));
    }

    @GetMapping("/{id}")
    VmView.WithTimeline getVm(@PathVariable UUID id) {
        return views.findWithTimeline(id).orElseThrow(() -> Problem.notFound("VM"));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    VmView deleteVm(
            @PathVariable UUID id,
            @RequestParam(defaultValue = "false") boolean held,
            Person person) {
        if (held && !person.is(Role.ADMIN)) {
            throw Problem.forbidden("Only an administrator deletes a VM that is held.");
        }
        return edits.delete(id, held, person.name());
    }

    @PostMapping(path = "/{id}/hold", consumes = MediaType.APPLICATION_JSON_VALUE)
    VmView holdVm(@PathVariable UUID id, @Valid @RequestBody HoldRequest hold, Person person) {
        if (hold.held() && (hold.reason() == null || hold.reason().isBlank())) {
            throw Problem.unprocessable("reason", "say why it is held, for those who find it so");
        }
        if (hold.until() != null && !hold.held()) {
            throw Problem.unprocessable("until", "only a VM that is held has an end of that");
        }
        if (hold.until() != null && !hold.until().isAfter(clock.instant())) {
            throw Problem.unprocessable("until", "must be to come");
        }
        return edits.hold(id, hold.held(), hold.reason(), hold.until(), person.name());
    }

    /**
     * The wish to keep a VM, or to let go of it.
     *
     * @param until when it is let go of itself
     */
    @Schema(name = "HoldRequest")
    record HoldRequest(
            @NotNull Boolean held,
            @Size(min = 1, max = 500) @Nullable String reason,
            @Nullable Instant until) {}
}
