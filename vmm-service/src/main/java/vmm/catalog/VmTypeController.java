package vmm.catalog;

import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import vmm.allocation.Estimates.Estimate;
import vmm.allocation.Outlook;
import vmm.allocation.Outlooks;
import vmm.identity.Person;
import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Page;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The catalogue: two statements, however many types there are. */
@RestController
class VmTypeController {
    private final VmTypes types;
    private final Outlooks outlooks;
    private final InstantSource clock;

    VmTypeController(VmTypes types, Outlooks outlooks, InstantSource clock) {
        this.types = types;
        this.outlooks = outlooks;
        this.clock = clock;
    }

    @GetMapping(path = "/api/v1/vm-types", produces = "application/json")
    Page<View> list(
            Person person,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        Instant now = clock.instant();
        var page =
                Page.of(
                        types.of(person, limit, cursor),
                        limit,
                        type -> Cursor.at(type.title(), type.name()));
        var pools = outlooks.of(page.items().stream().map(VmType::poolId).toList(), now);
        return page.map(type -> view(type, Optional.ofNullable(pools.get(type.poolId()))));
    }

    private View view(VmType type, Optional<Outlook> pool) {
        var availability =
                pool.map(p -> Availability.of(p, estimate(p)))
                        .orElseGet(() -> Availability.closed(null));
        return new View(
                type.name(),
                type.title(),
                type.description(),
                type.pool(),
                type.vcpus(),
                type.ramGb(),
                type.gpus(),
                type.tags(),
                type.groups(),
                availability);
    }

    private Optional<Estimate> estimate(Outlook pool) {
        int place = pool.queued() - pool.ready() + 1;
        return place < 1 ? Optional.empty() : outlooks.estimate(pool, place);
    }

    record View(
            String name,
            String title,
            String description,
            String pool,
            int vcpus,
            BigDecimal ramGb,
            int gpus,
            List<String> tags,
            List<String> groups,
            Availability availability) {}
}
