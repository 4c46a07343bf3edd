import { Converter, ReflectionKind } from 'typedoc'

/** A plugin of typedoc: an entry point is called what one imports, `@sess/core/config`, and not where its source is. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = `@sess/${module.name.replace(/^packages\//, '').replace('/src', '')}`
    }
  })
}
