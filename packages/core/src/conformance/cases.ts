import type { ConformanceCase } from './conformance-case.ts'
import { answerCases } from './groups/answers.ts'
import { atRestCases } from './groups/at-rest.ts'
import { changeCodeCases } from './groups/change-code.ts'
import { closingCases } from './groups/closing.ts'
import { companyCases } from './groups/company.ts'
import { createCases } from './groups/create.ts'
import { crowdCases, deleteAllRaceCases } from './groups/crowds.ts'
import { dataSchemaCases } from './groups/data-schema.ts'
import { deleteCases } from './groups/delete.ts'
import { entriesCases } from './groups/entries.ts'
import { errorCases } from './groups/errors.ts'
import { existsCountCleanCases } from './groups/exists-count-clean.ts'
import { expiryCases } from './groups/expiry.ts'
import { handleCases } from './groups/handles.ts'
import { harnessCases } from './groups/harness.ts'
import { hostileDataCases } from './groups/hostile-data.ts'
import { hostileIdCases } from './groups/hostile-ids.ts'
import { identityIndexCases } from './groups/identity-index.ts'
import { indexRaceCases } from './groups/index-races.ts'
import { jsonTextCases } from './groups/json-texts.ts'
import { lifecycleCases } from './groups/lifecycle.ts'
import { loadCases } from './groups/load.ts'
import { loadAndTouchCases } from './groups/load-and-touch.ts'
import { orderingCases } from './groups/ordering.ts'
import { outageCases } from './groups/outage.ts'
import { pageCases } from './groups/pages.ts'
import { deleteAllCases, peopleCases } from './groups/people.ts'
import { propertyCases } from './groups/properties.ts'
import { raceCases } from './groups/races.ts'
import { rotateCases } from './groups/rotate.ts'
import { rotationRaceCases } from './groups/rotation-races.ts'
import { runningChangeCases } from './groups/running-changes.ts'
import { saveCases } from './groups/save.ts'
import { saveConditionCases } from './groups/save-conditions.ts'
import { moreSaveConditionCases } from './groups/save-more-conditions.ts'
import { idsApartCases, sealCases } from './groups/seal.ts'
import { configurationCases, idsApartBothWaysCases, sealKeyCases } from './groups/seal-keys.ts'
import { sessionFieldCases } from './groups/session-fields.ts'
import { signInCases } from './groups/sign-in.ts'
import { moreSignInCases } from './groups/sign-in-races.ts'
import { stateCases } from './groups/states.ts'
import { touchCases } from './groups/touch.ts'
import { tracingCases } from './groups/tracing.ts'
import { unreadableCases } from './groups/unreadable.ts'
import { unsupportedCases } from './groups/unsupported.ts'
import { updateCases } from './groups/update.ts'

/** Every case, in the order in which they run and are reported: the harness and single calls first, races and generated histories last. */
export const conformanceCases: readonly ConformanceCase[] = Object.freeze([
  ...harnessCases,
  ...unsupportedCases,
  ...createCases,
  ...saveCases,
  ...saveConditionCases,
  ...moreSaveConditionCases,
  ...loadCases,
  ...loadAndTouchCases,
  ...deleteCases,
  ...existsCountCleanCases,
  ...expiryCases,
  ...touchCases,
  ...rotateCases,
  ...signInCases,
  ...moreSignInCases,
  ...sessionFieldCases,
  ...updateCases,
  ...runningChangeCases,
  ...changeCodeCases,
  ...answerCases,
  ...identityIndexCases,
  ...handleCases,
  ...peopleCases,
  ...crowdCases,
  ...deleteAllCases,
  ...deleteAllRaceCases,
  ...stateCases,
  ...entriesCases,
  ...pageCases,
  ...unreadableCases,
  ...lifecycleCases,
  ...closingCases,
  ...tracingCases,
  ...errorCases,
  ...hostileIdCases,
  ...hostileDataCases,
  ...jsonTextCases,
  ...atRestCases,
  ...dataSchemaCases,
  ...sealCases,
  ...sealKeyCases,
  ...idsApartCases,
  ...idsApartBothWaysCases,
  ...configurationCases,
  ...orderingCases,
  ...raceCases,
  ...companyCases,
  ...rotationRaceCases,
  ...indexRaceCases,
  ...propertyCases,
  ...outageCases,
])
