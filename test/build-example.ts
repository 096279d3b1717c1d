/** Before all tests: the example's warehouse, built once, so that no worker copies it while another writes it. */
import { buildWarehouse } from '../examples/energy-community/build-warehouse.ts';

export default async function buildExample(): Promise<void> {
  await buildWarehouse();
}
