-- Rows are never cleared: a version or model that is deleted keeps its row. No result is a conflict to the caller.
select version as NewGrainStateVersion from registry_state where 1 = 0;
