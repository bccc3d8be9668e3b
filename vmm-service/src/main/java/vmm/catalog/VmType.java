package vmm.catalog;

import java.math.BigDecimal;
import java.util.List;

/** What a scientist picks. */
record VmType(
        String name,
        String title,
        String description,
        long poolId,
        String pool,
        int vcpus,
        BigDecimal ramGb,
        int gpus,
        List<String> tags,
        List<String> groups) {}
